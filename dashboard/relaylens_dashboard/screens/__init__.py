"""The screens: one file each, run by Streamlit when its page is opened, over the same few parts.

`address` keeps every filter in the URL, `reading` asks the store, `frame` draws what stands above every screen, `tables` what most show.
"""
