"""The steps, each named by its revision; the last one is ``bot.store.schema.HEAD``."""
