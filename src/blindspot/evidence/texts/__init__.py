"""Texts of pages in French and English: one catalogue for each language in the folder of the pages."""
