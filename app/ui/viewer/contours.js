// Lines of equal evidence, by marching squares over a grid whose cells cover the film.
const FINER = 6;

// A path in fractions of the film.
export function contour(grid, level) {
  const path = new Path2D();
  const rows = grid.length * FINER, columns = grid[0].length * FINER;
  const values = Array.from({ length: rows + 1 }, (_, row) =>
    Float32Array.from({ length: columns + 1 }, (__, column) =>
      between(grid, row / FINER - 0.5, column / FINER - 0.5)),
  );
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      // Clockwise from the upper left, each with the corner after it.
      const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
      const crossed = [];
      corners.forEach(([x, y], index) => {
        const [nextX, nextY] = corners[(index + 1) % 4];
        const here = values[row + y][column + x], next = values[row + nextY][column + nextX];
        if (here > level === next > level) return;
        const part = (level - here) / (next - here);
        crossed.push([
          (column + x + (nextX - x) * part) / columns,
          (row + y + (nextY - y) * part) / rows,
        ]);
      });
      for (let pair = 0; pair + 1 < crossed.length; pair += 2) {
        path.moveTo(...crossed[pair]);
        path.lineTo(...crossed[pair + 1]);
      }
    }
  }
  return path;
}

function between(grid, y, x) {
  const row = clamped(y, grid.length - 1), column = clamped(x, grid[0].length - 1);
  const top = Math.floor(row), left = Math.floor(column);
  const bottom = Math.min(grid.length - 1, top + 1), right = Math.min(grid[0].length - 1, left + 1);
  const down = row - top, across = column - left;
  const upper = grid[top][left] * (1 - across) + grid[top][right] * across;
  const lower = grid[bottom][left] * (1 - across) + grid[bottom][right] * across;
  return upper * (1 - down) + lower * down;
}

function clamped(value, most) {
  return Math.min(most, Math.max(0, value));
}
