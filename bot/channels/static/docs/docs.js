// Shows the API's description with Swagger UI; a file of its own, as no script may stand in a page.
const place = document.getElementById("api");
SwaggerUIBundle({ url: place.dataset.description, domNode: place, tryItOutEnabled: true });
