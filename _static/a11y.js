// Repairs of accessibility faults that the theme itself makes; axe-core names them.
document.addEventListener("DOMContentLoaded", () => {
  const each = (selector, repair) => document.querySelectorAll(selector).forEach(repair);

  each(".bd-sidebar-primary summary", (summary) => summary.setAttribute("aria-label", "Toggle section"));
  // These have visible words; a name that differs from them confuses voice control.
  each(".search-button-field, .theme-switch-button, details.hide > summary", (element) =>
    element.removeAttribute("aria-label"),
  );
  each(".theme-switch-button", (button) => button.setAttribute("title", "Colour mode"));

  const home = document.querySelector(".bd-sidebar-primary .sidebar-primary-item:has(.navbar-brand)");
  home?.setAttribute("role", "navigation");
  home?.setAttribute("aria-label", "Home");

  // What scrolls must be reachable by keyboard, also after a turn of the phone or in an opened fold.
  const sizes = new ResizeObserver((entries) => {
    const scrolls = ({ target }) => target.scrollWidth > target.clientWidth;
    const changed = entries.filter((entry) => scrolls(entry) !== entry.target.hasAttribute("tabindex"));
    changed.forEach(({ target }) => target.toggleAttribute("tabindex"));
    changed.filter(({ target }) => target.hasAttribute("tabindex")).forEach(({ target }) => (target.tabIndex = 0));
  });
  each(".bd-article pre, .bd-article .cell_output, .bd-article .output, .pst-scrollable-table-container", (box) =>
    sizes.observe(box),
  );

  // ipywidgets draws its sliders late and without a name: the label beside them is one.
  new MutationObserver(() =>
    each('.noUi-handle[role="slider"]:not([aria-label])', (handle) => {
      const label = handle.closest(".jupyter-widgets")?.querySelector(".widget-label");
      handle.setAttribute("aria-label", label?.textContent || "value");
    }),
  ).observe(document.body, { childList: true, subtree: true });
});
