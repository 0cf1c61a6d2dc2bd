class Failure(Exception):
    """What does not hold, for a person. `position` where an entry of the journal is to blame, else 0."""

    def __init__(self, what, position=0):
        super().__init__(what)
        self.position = position
