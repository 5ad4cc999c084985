"""One test over many items, whose failure lists every item that breaks the rule."""

from collections.abc import Callable, Iterable


def each_of(items: Iterable, name: Callable[[object], str] = str) -> Callable:
    """Turn a check of one item into a test of all of them.

    Parameters
    ----------
    items : iterable
        What the check is called with, one at a time.
    name : callable
        How an item is called in the message.
    """

    def turn(check: Callable[[object], None]) -> Callable[[], None]:
        def test() -> None:
            found = {name(item): broken for item in items if (broken := complaint(check, item))}
            lines = "\n".join(f"{item}: {broken}" for item, broken in found.items())
            assert not found, f"{len(found)} break the rule\n{lines}"

        return test

    return turn


def complaint(check: Callable[[object], None], item: object) -> str:
    """Return what a check says against an item; empty where it says nothing."""
    try:
        check(item)
    except AssertionError as error:
        return str(error) or "refused"
    return ""
