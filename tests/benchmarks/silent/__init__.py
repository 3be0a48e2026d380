"""What is found that failed without an error, on labelled runs, in the fault laboratory, the example network and the captures."""
