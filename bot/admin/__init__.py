"""The operator's API: rebuild the index, and follow the job."""
