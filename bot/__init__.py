"""A self-hosted question-answering bot for WeChat."""
