// The theme reads the reader's system only when the page has loaded; until then it would have no colours.
(() => {
  const page = document.documentElement;
  if (page.dataset.theme === "auto")
    page.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
})();
