"""ChatterBot behind Flask. It needs a spaCy model for its default tagger, which no package index has: its
own LowercaseTagger and text search stand in, by which Chinese is compared as well.
"""
