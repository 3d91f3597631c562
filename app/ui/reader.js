// Keeps the name that was chosen for this browser, so that it is known when a page is opened again.
const YEAR = 365 * 24 * 3600; // seconds

export default function ({ data }) {
  const name = encodeURIComponent(data.name);
  document.cookie = `overread_reader=${name}; path=/; max-age=${YEAR}; samesite=strict`;
}
