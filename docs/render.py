"""Remake the README's images from the report of the default study: `make readme-figures`."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "outputs" / "halo_case_study"
IMAGES = ROOT / "docs" / "img"
COLORS = 96  # a page of text and flat bars needs no more


def screenshot(browser: str, page: Path, *, scroll_to: str = "") -> bytes:
    """Photograph the first screen of a page, or the part below an element.

    Parameters
    ----------
    browser : str
        Path of Chromium.
    page : Path
        The page.
    scroll_to : str, default ""
        Selector of the element to photograph instead.
    """
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        view = chromium.new_page(
            viewport={"width": 1360, "height": 860}, color_scheme="light", reduced_motion="reduce"
        )
        view.goto(page.as_uri())
        if not scroll_to:
            return view.screenshot()
        view.get_by_role("button", name="Optimal plan", exact=True).click()
        return view.locator(scroll_to).screenshot()


def write_small(image: bytes, path: Path) -> None:
    """Write a PNG with few colours.

    Parameters
    ----------
    image : bytes
        Any PNG.
    path : Path
        Target.
    """
    picture = Image.open(io.BytesIO(image)).convert("RGB")
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """Write docs/img/report.png, docs/img/what-if.png and docs/img/headline.svg."""
    browser, report = (sys.argv[1:] or [""])[0], RESULTS / "report.html"
    if not browser or not report.is_file():
        sys.exit("Needs Chromium and outputs/halo_case_study/report.html: run make report first.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    write_small(screenshot(browser, report), IMAGES / "report.png")
    write_small(screenshot(browser, report, scroll_to="#whatif"), IMAGES / "what-if.png")
    shutil.copyfile(RESULTS / "figures" / "headline.svg", IMAGES / "headline.svg")


if __name__ == "__main__":
    main()
