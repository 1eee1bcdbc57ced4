"""`make diagram ENV=…`: the architecture, drawn from the synthesised templates.

`template` reads the templates and follows their references, `services` and `surroundings` read
nodes and arrows out of them, `layout` puts these in their places and `svg` draws them. What is not
in a template is not drawn, and a kind of resource that nobody decided about stops the drawing.
"""
