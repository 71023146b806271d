// Before a page is printed or saved as PDF: all folds open, colours light. Afterwards as it was.
(() => {
  let restore = null;
  const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

  const prepare = () => {
    if (restore) return;
    const page = document.documentElement;
    const closed = [...document.querySelectorAll(".bd-article details:not([open])")];
    page.dataset.theme = "light";
    closed.forEach((fold) => (fold.open = true));
    restore = () => {
      page.dataset.theme = page.dataset.mode === "auto" ? system() : page.dataset.mode;
      closed.forEach((fold) => (fold.open = false));
      restore = null;
    };
  };

  addEventListener("beforeprint", prepare);
  addEventListener("afterprint", () => restore?.());
  // A viewer that only shows how the print would look sends no event but this one.
  matchMedia("print").addEventListener("change", ({ matches }) => (matches ? prepare() : restore?.()));
})();
