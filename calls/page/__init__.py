"""The page of `make calls PAGE=1`: one HTML file, one script, one style, and what they ask for."""
