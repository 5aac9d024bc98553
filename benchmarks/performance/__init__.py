"""``make bench``: how fast the bot is against the limit of its machine and against others of its kind."""
