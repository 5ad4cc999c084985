// Colour scheme, folded code, position in the contents, enlarged figures. The page works without.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const all = (selector, scope = document) => [...scope.querySelectorAll(selector)];

  const remembered = (value) => {
    try {
      if (value) localStorage.setItem("mmm-theme", value);
      return localStorage.getItem("mmm-theme");
    } catch {
      return null; // storage is closed to this page: nothing is remembered
    }
  };
  const setTheme = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  };
  setTheme(remembered()); // before the first paint

  const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

  const themeSwitch = (button) => {
    const show = () => button.setAttribute("aria-pressed", String(isDark()));
    button.addEventListener("click", () => {
      const theme = isDark() ? "light" : "dark";
      setTheme(theme);
      remembered(theme);
      show();
    });
    dark.addEventListener("change", show);
    show();
  };

  const codeSwitch = (button) => {
    const blocks = all("details.code");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(open));
      blocks.forEach((block) => (block.open = open));
    });
    return blocks.length > 0;
  };

  const contents = (nav) => {
    const fold = nav.querySelector("details");
    const here = nav.querySelector(".here");
    const wide = window.matchMedia("(min-width: 68.01rem)");
    const sync = () => (fold.open = wide.matches);
    wide.addEventListener("change", sync);
    sync();
    const entries = all("a", nav)
      .map((link) => ({ link, target: document.getElementById(link.hash.slice(1)) }))
      .filter(({ target }) => target);
    nav.addEventListener("click", (event) => {
      if (event.target.closest("a") && !wide.matches) fold.open = false;
    });
    let current = null;
    const mark = () => {
      const line = window.innerHeight / 4;
      const atEnd = window.innerHeight + window.scrollY >= root.scrollHeight - 2;
      const passed = entries.filter(({ target }) => target.getBoundingClientRect().top <= line);
      const { link } = (atEnd ? entries : passed).at(-1) ?? entries[0];
      if (link === current) return;
      current?.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      current = link;
      const chapter = link.closest(".contents > details > ol > li");
      all("li.is-open", nav).forEach((item) => item.classList.remove("is-open"));
      chapter.classList.add("is-open");
      nav.scrollTop = link.offsetTop - nav.clientHeight / 2; // matters where the list is longer
      here.textContent = `· ${chapter.querySelector("a").textContent}`;
    };
    nav.classList.add("is-live");
    let waiting = false;
    const later = () => {
      if (!waiting) requestAnimationFrame(() => ((waiting = false), mark()));
      waiting = true;
    };
    window.addEventListener("scroll", later, { passive: true });
    window.addEventListener("resize", later);
    mark();
  };

  const viewer = (dialog) => {
    const stage = dialog.querySelector(".viewer-stage");
    const enlarge = (figure) => {
      const title = figure.querySelector(".figure-title")?.textContent ?? "Figure";
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.className = "enlarge";
      button.textContent = "Enlarge";
      button.setAttribute("aria-label", `Enlarge: ${title}`);
      button.addEventListener("click", () => {
        stage.replaceChildren(figure.querySelector("img").cloneNode());
        dialog.querySelector("#viewer-title").textContent = title;
        dialog.showModal();
      });
      figure.querySelector(".figure-card").append(button);
    };
    all("figure.figure").forEach(enlarge);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.dataset.action === "close") dialog.close();
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    const theme = document.querySelector("[data-action=theme]");
    const code = document.querySelector("[data-action=code]");
    themeSwitch(theme);
    theme.hidden = false;
    if (!code) return; // the portfolio page has cards only
    code.hidden = !codeSwitch(code);
    contents(document.getElementById("contents"));
    viewer(document.getElementById("viewer"));
    const data = document.getElementById("whatif-data");
    if (data) whatif(document.getElementById("whatif"), JSON.parse(data.textContent));
  });
})();
