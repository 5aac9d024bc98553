"""WeRoBot answering WeChat pushes by keyword, as its documentation shows: no retrieval at all."""
