#!/bin/sh
# The examples of the documents, as they stand there, sent by curl. Only the host is led elsewhere:
# what is sent is theirs byte for byte, the token included, which record.py takes out.
there="--silent --show-error --connect-to ::${FOYER#http://}"
set -x

curl $there -X GET 'http://ninja.test:8000/api/v1/clients' \
-H "X-API-TOKEN:$TOKEN" \
-H "X-API-SECRET:password" \
-H "X-Requested-With: XMLHttpRequest";

curl $there -X POST 'http://ninja.test:8000/api/v1/clients' \
-H "Content-Type:application/json" \
-d '{"name":"Client Name","contacts":[{"first_name":"helly","email":"email@example.com"}]}' \
-H "X-API-TOKEN:$TOKEN" \
-H "X-Requested-With: XMLHttpRequest";

curl $there --request GET \
  --url 'http://invoicing.co/api/v1/clients?per_page=10&page=1&sort=name&sort_dir=asc' \
  --header "X-API-TOKEN: $TOKEN" \
  --header 'Accept: application/json'

for query in 'balance=gt:1000' 'sort=name|desc' 'balance=gt:1000&name=Bob*' \
    'include=activities,ledger,system_logs' 'per_page=15&page=2'; do
  curl $there "http://invoicing.co/api/v1/clients?$query" --header "X-API-TOKEN: $TOKEN"
done
