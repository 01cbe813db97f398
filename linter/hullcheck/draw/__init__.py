"""Maps of networks as text, JSON, Mermaid, DOT and SVG, one format a file."""
