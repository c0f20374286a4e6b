"""Plays real dispatch records through the running product: `d115 replay`.

Reading order: `records` (a file becomes rows), `calls` (rows become calls), `dispositions`, `park`
(who is in it), `plan` (calls become acts in their order), `playing` (acts are sent when their
moment has come), `outcome` (what the product made of them), `command` (all of it).
"""
