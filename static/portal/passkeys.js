// Forms with `data-passkey` ask the device for a passkey and send what it says. Without scripts
// they stay hidden, and a code is typed instead.
"use strict";

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const textOf = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

const named = (list) => (list || []).map((one) => ({ ...one, id: bytesOf(one.id) }));

const create = async (asked) => {
  const made = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytesOf(asked.challenge),
      user: { ...asked.user, id: bytesOf(asked.user.id) },
      excludeCredentials: named(asked.excludeCredentials),
    },
  });
  return [made, {
    clientDataJSON: textOf(made.response.clientDataJSON),
    attestationObject: textOf(made.response.attestationObject),
  }];
};

const get = async (asked) => {
  const used = await navigator.credentials.get({
    publicKey: {
      ...asked,
      challenge: bytesOf(asked.challenge),
      allowCredentials: named(asked.allowCredentials),
    },
  });
  return [used, {
    clientDataJSON: textOf(used.response.clientDataJSON),
    authenticatorData: textOf(used.response.authenticatorData),
    signature: textOf(used.response.signature),
  }];
};

const answer = async (form) => {
  const token = form.elements.csrfmiddlewaretoken.value;
  const question = await fetch(form.dataset.question, {
    method: "POST",
    headers: { "X-CSRFToken": token },
    credentials: "same-origin",
  });
  if (!question.ok || question.redirected) throw new Error("No question came.");
  const asked = (await question.json()).publicKey;
  const [key, response] = await (form.dataset.passkey === "create" ? create : get)(asked);
  return JSON.stringify({ id: key.id, rawId: textOf(key.rawId), type: key.type, response });
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  for (const told of document.querySelectorAll("[data-no-passkeys]")) told.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const failed = form.querySelector("[data-failed]");
    button.disabled = true;
    failed.hidden = true;
    try {
      form.elements.credential.value = await answer(form);
      form.submit();
    } catch {
      // Also where somebody thought better of it.
      failed.hidden = false;
      button.disabled = false;
    }
  });
}
