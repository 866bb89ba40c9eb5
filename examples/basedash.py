"""Lists all runs of a Basedash automation, page by page. The vendor publishes no client; this one is made with httpx.

    pip install httpx
    python basedash.py

Reads BASEDASH_API_URL, BASEDASH_API_KEY, BASEDASH_ORGANIZATION_ID and BASEDASH_AUTOMATION_ID.
For https: SSL_CERT_FILE=<ca.pem>.
"""

import os

import httpx

env = os.environ
path = f"/organizations/{env['BASEDASH_ORGANIZATION_ID']}/automations/{env['BASEDASH_AUTOMATION_ID']}/runs"
headers = {"Authorization": f"Bearer {env['BASEDASH_API_KEY']}", "Accept": "application/json"}

with httpx.Client(base_url=env["BASEDASH_API_URL"], headers=headers) as client:
    cursor = None
    while True:
        response = client.get(path, params={"limit": "100"} | ({"cursor": cursor} if cursor else {}))
        body = response.json()
        if response.is_error:
            raise SystemExit(f"{response.status_code} {body['error']['detail']}")
        for run in body["data"]:
            print(run["createdAt"], run["status"], run["id"], run["name"])
        cursor = body["pagination"]["nextCursor"]
        if not cursor:
            break
