"""What the corpus is about, in two stages of k-means, and of what it has too little."""
