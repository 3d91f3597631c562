// Saves files about the open film: the picture with the heatmap that is shown, and the report.
import { letGoOf } from "../blob_address.js";

const ENDINGS = { overlay: "png", report: "pdf" };

export function offerFiles(desk) {
  for (const button of desk.root.querySelectorAll("[data-file]"))
    button.onclick = async () => {
      const { file } = button.dataset;
      const { item, map } = desk.drawing.entry;
      button.disabled = true;
      desk.say("The file is being made.");
      try {
        const query = file === "overlay" && map?.wanted ? `?${new URLSearchParams(map.wanted)}` : "";
        save(await desk.client.blob(`/films/${item}/${file}${query}`), `film-${item + 1}.${ENDINGS[file]}`);
        desk.say("The file was saved.");
      } catch (error) {
        desk.saving.tell(`The file was not made. ${error.message}`);
      }
      button.disabled = false;
    };
}

function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  letGoOf(link.href);
}
