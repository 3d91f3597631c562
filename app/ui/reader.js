// What this browser keeps of who reads: the name that was chosen, and where somebody wanted to go who
// had to sign in first, as the provider sends everybody back to the front page.
const YEAR = 365 * 24 * 3600; // seconds
const WANTED = "overread.wanted";

export default function ({ data }) {
  if (data.chosen) keepName(data.chosen);
  else if (data.signedIn) followAddress();
  else sessionStorage.setItem(WANTED, location.pathname + location.search);
}

function keepName(name) {
  const value = encodeURIComponent(name);
  document.cookie = `overread_reader=${value}; path=/; max-age=${YEAR}; samesite=strict`;
}

function followAddress() {
  const wanted = sessionStorage.getItem(WANTED);
  sessionStorage.removeItem(WANTED);
  if (wanted && wanted !== location.pathname + location.search) location.replace(wanted);
}
