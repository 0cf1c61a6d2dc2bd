"""The Merkle tree of RFC 9162 section 2.1 and the checks of its proofs."""

import hashlib


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows leaf by leaf; keeps the roots of the complete subtrees at its right edge."""

    def __init__(self):
        self.size = 0
        self._edge = []  # largest first

    def append(self, leaf):
        complete = self.size
        while complete & 1:
            leaf = node_hash(self._edge.pop(), leaf)
            complete >>= 1
        self._edge.append(leaf)
        self.size += 1

    def root(self):
        if not self._edge:
            return hashlib.sha256(b"").digest()
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root


def root_of_inclusion(leaf, index, size, path):
    """The root that the leaf and its path lead to (2.1.3.2); None when the path has another length than it must."""
    if not 0 <= index < size:
        return None
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


def roots_of_consistency(from_size, from_root, to_size, path):
    """The two roots that a consistency proof leads to (2.1.4.2), for 0 < from_size < to_size; None as above."""
    path = list(path)
    if from_size & (from_size - 1) == 0:
        path.insert(0, from_root)
    if not path:
        return None
    node, last = from_size - 1, to_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None


def consistent(from_size, from_root, to_size, to_root, path):
    if from_size > to_size:
        return False
    if from_size == to_size:
        return not path and from_root == to_root
    if from_size == 0:
        return not path and from_root == Tree().root()
    return roots_of_consistency(from_size, from_root, to_size, path) == (from_root, to_root)
