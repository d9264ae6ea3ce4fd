// Requests to the helpdesk's JSON API.

// Problem is an answer that is not what was asked for. Without an answer at
// all, status is 0.
export class Problem extends Error {
  constructor(status, body) {
    super(sentence(body.detail || body.title || "HTTP " + status));
    this.status = status;
    this.claimedBy = body.claimed_by;
  }
}

// sentence makes a sentence of an error's text.
function sentence(text) {
  const said = text.replace(/^[a-z]+: /, "");
  return said.charAt(0).toUpperCase() + said.slice(1) + (/[.!?]$/.test(said) ? "" : ".");
}

async function request(method, path, body, signal) {
  const init = { method, headers: {}, signal };
  if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let response, text;
  try {
    response = await fetch(path, init);
    text = await response.text();
  } catch {
    throw new Problem(0, { detail: "The helpdesk does not answer. Please try again." });
  }
  let parsed = null;
  if (text !== "") {
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = { detail: text };
    }
  }
  if (!response.ok) throw new Problem(response.status, parsed || {});
  return parsed;
}

export const get = (path, signal) => request("GET", path, undefined, signal);
export const post = (path, body = {}) => request("POST", path, body);
export const del = (path) => request("DELETE", path);

// newKey names what a person writes, so that sending it twice is harmless.
export const newKey = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
};
