"""Runs OpenStack Swift in one process for src/swift.ts: FOLDER with its configuration, then the ports of the proxy, the
account, the container and the object server."""
import os
import sys

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.storage_policy import reload_storage_policies  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

folder = sys.argv[1]
ports = dict(zip(("proxy", "account", "container", "object"), map(int, sys.argv[2:])))

utils.set_swift_dir(folder)
utils.validate_hash_conf()
reload_storage_policies()
for kind in ("account", "container", "object"):
    # One copy on one disk.
    ring = RingBuilder(2, 1, 0)
    ring.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1", "port": ports[kind], "device": "disk"})
    ring.rebalance()
    ring.get_ring().save(os.path.join(folder, f"{kind}.ring.gz"))



def listen(kind, app):
    with open(os.devnull, "w") as nowhere:
        wsgi.server(eventlet.listen(("127.0.0.1", ports[kind])), app, nowhere)


def telling(app):
    """Prints each request with the status it got."""

    def tell(environ, start_response):
        asked = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_RANGE", "-")

        def start(status, *rest):
            print("request", *asked, status.split()[0], flush=True)
            return start_response(status, *rest)

        return app(environ, start)

    return tell


for kind in ("account", "container", "object"):
    eventlet.spawn(listen, kind, loadapp(os.path.join(folder, f"{kind}.conf")))
listen("proxy", telling(loadapp(os.path.join(folder, "proxy.conf"))))
