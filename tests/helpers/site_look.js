// What tests/site_look.py asks a page. Each function returns a list of faults, one line each.
window.look = (() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const start = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const shown = (element) =>
    element.checkVisibility({ contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true });
  const isCut = (box) => box.scrollWidth > box.clientWidth;
  const longest = (box) => Math.max(...box.textContent.split("\n").map((line) => line.length));

  // How a token of code looks: all that may give it a colour.
  const tokenLook = (token) => {
    const style = getComputedStyle(token);
    const inner = token.parentElement.localName === "span" && token.parentElement.className;
    const colours = [token.getAttribute("style"), style.color, style.backgroundColor, style.opacity];
    return [token.className, inner, !!token.closest(".cell_output"), ...colours].join();
  };

  const ground = (element) => {
    const layers = [];
    for (; element; element = element.parentElement) {
      const style = getComputedStyle(element);
      layers.push(style.opacity, style.backgroundImage, style.backgroundColor);
      if (style.backgroundColor.startsWith("rgb(")) break; // opaque
    }
    return layers.join();
  };

  return {
    tooWide() {
      const excess = document.documentElement.scrollWidth - innerWidth;
      return excess > 0 ? [`${excess} px wider than the window of ${innerWidth} px`] : [];
    },

    undescribed: () => all("img:not([alt])").map((image) => image.outerHTML.slice(0, 200)),

    // Code of any length; printed lines up to the columns that the page promises.
    cutCode: (columns) =>
      all(".bd-article .highlight pre, .bd-article .cell_output pre")
        .filter((pre) => isCut(pre) && (!pre.closest(".cell_output") || longest(pre) <= columns))
        .map((pre) => `${longest(pre)} columns: ${start(pre.textContent)}`),

    badFolds(labels) {
      const faults = [];
      const names = Object.values(labels);
      for (const fold of all(".cell details.hide")) {
        const words = all(":scope > summary > p", fold).map((p) => p.textContent);
        const cell = fold.closest(".cell");
        const wanted = Object.keys(labels).filter((tag) => cell.classList.contains(`tag_${tag}`));
        const possible = wanted.length ? wanted.map((tag) => labels[tag]) : names;
        if (!possible.some((name) => `${words}` === `Show ${name},Hide ${name}`))
          faults.push(`a fold says ${words}, not Show or Hide ${possible}`);
        if (fold.open) faults.push(`a fold is open: ${words}`);
      }
      for (const tag of Object.keys(labels))
        for (const cell of all(`.cell.tag_${tag}:has(> .cell_input)`))
          faults.push(`a cell tagged ${tag} is not folded: ${start(cell.textContent)}`);
      for (const cell of all(".tag_solution, .tag_self-check"))
        if (!cell.closest(".exercise")) faults.push(`outside an exercise: ${start(cell.textContent)}`);
      for (const cell of all(".tag_mutants")) faults.push(`wrong answers are shown: ${start(cell.textContent)}`);
      return faults;
    },

    openPlumbing: () => all(".tag_plumbing pre").filter((pre) => pre.closest(".cell_input") && shown(pre)).map((pre) => start(pre.textContent)),

    setFolds: (open) => all(".bd-article details").forEach((fold) => (fold.open = open)),

    // What scrolls sideways and holds nothing that the keyboard can reach.
    unreachable: () =>
      all(".bd-article :not(pre *, mjx-container, mjx-container *, svg *)")
        .filter((box) => isCut(box) && /auto|scroll/.test(getComputedStyle(box).overflowX))
        .filter((box) => box.tabIndex < 0 && !box.querySelector("a[href], button, input, [tabindex='0']"))
        .map((box) => `${box.tagName}.${box.className}: ${start(box.textContent)}`),

    badPrint() {
      const frame = ".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, .prev-next-footer, .copybtn";
      const inside = all(".bd-article details > :not(summary)");
      return [
        ...all(frame).filter(shown).map((element) => `printed: ${element.className}`),
        ...inside.filter((element) => !shown(element)).map((element) => `folded: ${start(element.textContent)}`),
        ...all(".bd-article pre").filter(isCut).map((pre) => `cut: ${start(pre.textContent)}`),
        ...(document.documentElement.dataset.theme === "light" ? [] : ["printed in dark colours"]),
        ...look.tooWide(),
      ];
    },

    stillOpen: () => all(".bd-article details[open]").map((fold) => `open after printing: ${start(fold.textContent)}`),

    // Leave one token of each look, which stands for all, and a word for each formula: axe is slow on
    // ten thousand elements, and the text alternative of a formula is MathJax's affair.
    thin() {
      const looks = new Set();
      const repeated = all(".highlight pre span").filter((token) => {
        const look = tokenLook(token);
        return looks.size === looks.add(look).size;
      });
      const article = document.querySelector(".bd-article");
      const place = document.createComment("");
      article?.replaceWith(place); // outside the page nothing is laid out anew at each change
      repeated.forEach((token) => token.replaceWith(...token.childNodes));
      if (article) all("mjx-container", article).forEach((formula) => formula.replaceWith("formula"));
      place.replaceWith(article ?? "");
    },

    // One element for each way in which the page's text is coloured.
    textLooks() {
      const looks = new Map(all("input, select, textarea").map((field, number) => [number, field]));
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !shown(element)) continue;
        const style = getComputedStyle(element);
        const look = [style.color, style.fontSize, style.fontWeight, style.textShadow, ground(element)].join();
        if (!looks.has(look)) looks.set(look, element);
      }
      return [...looks.values()];
    },

    async serious(options, context = document) {
      const found = await axe.run(context, { resultTypes: ["violations"], selectors: false, ...options });
      return found.violations
        .filter(({ impact }) => ["serious", "critical"].includes(impact))
        .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
    },
  };
})();
