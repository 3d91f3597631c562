"""What is varied in training images, and what another department would have made of them."""
