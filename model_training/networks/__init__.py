"""The architectures, published weights, and several networks made one."""
