export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".similar");
  const dialog = parentElement.querySelector("dialog");
  // Those that can be shown large.
  const films = data.rows.flatMap((row) => row.films).filter((film) => film.picture);
  const content = JSON.stringify(data);
  if (root.content !== content) {
    root.content = content;
    if (dialog.open) dialog.close();
    root.setAttribute("role", "group");
    // What is scrolled must be reached by the keyboard: by its pictures, else by itself.
    root.tabIndex = films.length ? -1 : 0;
    root.setAttribute("aria-label", data.label);
    root.replaceChildren(...data.rows.map((row) => drawRow(row, films, show)));
    dialog.setAttribute("aria-label", data.label);
  }

  function show(index) {
    root.index = (index + films.length) % films.length;
    const film = films[root.index];
    const [own, other] = dialog.querySelectorAll("figure");
    fill(own, data.film, data.film_caption, data.film_caption);
    fill(other, film.picture, film.description, film.caption);
    dialog.querySelector(".place").textContent = `${root.index + 1} of ${films.length}`;
    const open = dialog.querySelector(".open");
    open.hidden = !film.can_open;
    open.onclick = () => {
      dialog.close();
      setTriggerValue("opened", film.key);
    };
    if (!dialog.open) dialog.showModal();
  }

  dialog.querySelector(".back").onclick = () => show(root.index - 1);
  dialog.querySelector(".forward").onclick = () => show(root.index + 1);
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  };
  dialog.onkeydown = (event) => {
    event.stopPropagation(); // the page's own keys are for its own film
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    show(root.index + step);
  };
}

function drawRow(row, films, show) {
  const list = document.createElement("ul");
  list.className = "row";
  list.setAttribute("aria-label", row.truth);
  for (const film of row.films) {
    const item = document.createElement("li");
    item.append(film.picture ? drawPicture(film, films, show) : drawText(film));
    list.append(item);
  }
  return list;
}

function drawPicture(film, films, show) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = film.description;
  button.setAttribute("aria-haspopup", "dialog");
  button.onclick = () => show(films.indexOf(film));
  const picture = part("span", "picture", "");
  const image = document.createElement("img");
  image.src = film.picture;
  image.alt = film.description;
  picture.append(image, part("span", "distance", film.distance));
  button.append(picture, part("span", "truth", film.truth));
  return button;
}

function drawText(film) {
  const box = part("div", "plain", "");
  box.title = film.description;
  box.append(part("span", "truth", film.truth), part("span", "distance", film.distance));
  return box;
}

function part(tag, name, text) {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

function fill(figure, url, description, caption) {
  const image = figure.querySelector("img");
  if (image.src !== url) image.src = url;
  image.alt = description;
  figure.querySelector("figcaption").textContent = caption;
}
