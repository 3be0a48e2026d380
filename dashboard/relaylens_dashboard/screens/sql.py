import streamlit as st
st.text("todo")
