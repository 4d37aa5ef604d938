// Shows the OpenAPI document that the page names. A file of its own: the policy allows no inline script.
const place = document.getElementById("reference");
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function dress() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

async function show() {
  const answer = await fetch(place.dataset.document);
  const spec = await answer.json();
  // What is tried here goes to where the page came from; the policy allows nothing else.
  spec.servers = [{ url: window.location.origin }];
  window.SwaggerUIBundle({
    domNode: place,
    spec,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    // The key is gone when the page is left.
    persistAuthorization: false,
    // Nobody else is asked whether the document is valid.
    validatorUrl: null,
  });
}

dress();
dark.addEventListener("change", dress);
show();
