"""How tests read the message with which bad input is refused."""

import re

import pytest

from mmm.errors import DataError


def refusal(function, *arguments):
    """Return the message with which a call is refused."""
    with pytest.raises(DataError) as caught:
        function(*arguments)
    return str(caught.value)


def says(message, *parts):
    """Insist that a message contains all parts, in this order."""
    assert re.search(".*".join(map(re.escape, parts)), message, re.DOTALL), message
