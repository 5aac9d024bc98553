// Shows the API's description with Swagger UI; a file of its own, as no script may stand in a page.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", tryItOutEnabled: true });
