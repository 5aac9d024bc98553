"""Knowledge files as operators write and break them."""
