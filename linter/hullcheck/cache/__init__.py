"""What earlier runs printed, kept in the user's own folder and printed again where nothing that they looked at has changed.

`again.py` is all that such a run imports, `folder.py` keeps the folder safe, `keep.py` makes entries out of what
`look.py` has noted of a run. See docs/cache.md.
"""
