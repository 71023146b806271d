// Widgets look for their fonts relative to the page; they lie beside this script instead.
require.config({ baseUrl: document.currentScript.src.replace(/[^/]*$/, "") });
// The widgets' embed script calls MathJax 2's Hub.Queue; the site has MathJax 3, so it gets that call.
(() => {
  let mathjax = window.MathJax;
  const addHub = () => {
    if (mathjax && !mathjax.Hub) {
      mathjax.Hub = { Queue: (job) => job?.[2] && mathjax.typesetPromise?.([job[2]]) };
    }
  };
  Object.defineProperty(window, "MathJax", {
    configurable: true,
    get: () => mathjax,
    set: (value) => {
      mathjax = value;
      addHub();
    },
  });
  addHub();
})();
