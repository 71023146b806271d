// Brings every explorer of the page to life; aigc_lessons.widgets writes the markup.
(() => {
  const STRIDE = 5; // cells that an arrow key moves with Shift held
  const clamp = (value, count) => Math.min(Math.max(value, 0), count - 1);

  function start(figure) {
    figure.dataset.ready = "true";
    const stage = figure.querySelector(".explorer-template").textContent;
    figure.insertAdjacentHTML("beforeend", stage);
    const grid = JSON.parse(figure.dataset.explorer);
    const sheet = figure.querySelector(".explorer-sheet");
    const map = figure.querySelector(".explorer-map");
    const plane = map.querySelector("svg");
    const frame = figure.querySelector(".explorer-frame");
    const text = figure.querySelector(".explorer-text");
    // A map without points shows the pictures themselves.
    if (!plane.querySelector(".explorer-points")) plane.style.backgroundImage = `url(${sheet.src})`;

    // Place and cell of an axis: cell 0 is the first value of its range.
    const place = ([first, last], cell, count) => first + ((last - first) * cell) / (count - 1);
    const cellOf = ([first, last], value, count) =>
      clamp(Math.round(((value - first) / (last - first)) * (count - 1)), count);

    let column, row;
    function moveTo(newColumn, newRow) {
      column = clamp(newColumn, grid.columns);
      row = clamp(newRow, grid.rows);
      const down = grid.rows - 1 - row; // the sheet's first row is the highest value
      const x = (100 * (column + 0.5)) / grid.columns;
      const y = (100 * (down + 0.5)) / grid.rows;
      map.querySelector(".explorer-cursor").setAttribute("transform", `translate(${x} ${y})`);
      const [xName, yName] = grid.names;
      const xPlace = place(grid.x, column, grid.columns).toFixed(2);
      const yPlace = place(grid.y, row, grid.rows).toFixed(2);
      text.textContent = `${xName} = ${xPlace}, ${yName} = ${yPlace}`;
      frame.setAttribute("aria-label", `The picture at ${text.textContent}`);
      const { width, height } = frame;
      const corner = [column * width, down * height];
      frame.getContext("2d").drawImage(sheet, ...corner, width, height, 0, 0, width, height);
    }
    const origin = () =>
      moveTo(cellOf(grid.x, 0, grid.columns), cellOf(grid.y, 0, grid.rows));

    function follow(event) {
      const box = plane.getBoundingClientRect();
      const across = (event.clientX - box.left) / box.width;
      const up = (box.bottom - event.clientY) / box.height;
      moveTo(Math.floor(across * grid.columns), Math.floor(up * grid.rows));
    }
    map.addEventListener("pointerdown", (event) => {
      map.setPointerCapture(event.pointerId);
      follow(event);
    });
    map.addEventListener("pointermove", (event) => {
      if (map.hasPointerCapture(event.pointerId)) follow(event);
    });

    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    map.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Home") origin();
      else if (event.key in arrows) {
        const [across, up] = arrows[event.key].map((step) => step * (event.shiftKey ? STRIDE : 1));
        moveTo(column + across, row + up);
      } else return;
      event.preventDefault(); // the page must not scroll
      event.stopPropagation();
    });

    origin();
    // The sheet may still have been decoding: draw again when its pixels are there.
    sheet.decode().then(() => moveTo(column, row));
  }

  document.querySelectorAll("figure.explorer:not([data-ready])").forEach(start);
})();
