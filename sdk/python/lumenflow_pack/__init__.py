"""Write a LumenFlow pack in Python: the standard library is enough (3.9 or newer).

    from lumenflow_pack import Pack, ToolError

    pack = Pack()

    @pack.tool("acme:greet")
    def greet(context, input):
        return {"greeting": "Hello " + input["name"]}

    if __name__ == "__main__":
        pack.run()
"""

from .canonical import canonical, parse
from .errors import Cancelled, HostError, PackError, ToolError
from .kernel_event import build_kernel_event_v2
from .pack import Pack, ToolOutput

__all__ = ["Pack", "ToolOutput", "Cancelled", "HostError", "PackError", "ToolError", "build_kernel_event_v2",
           "canonical", "parse"]
