<?php
// What a script around Invoice Ninja's PHP SDK sends: Guzzle, form bodies with brackets, true and
// false as 1 and 0, no Accept header. Run by record.py; prints what it got, to be read by a person.
require '/usr/share/php/GuzzleHttp/autoload.php';

$http = new GuzzleHttp\Client([
    'base_uri' => getenv('FOYER'),
    'http_errors' => false,
    'headers' => ['X-API-TOKEN' => getenv('TOKEN'), 'X-Requested-With' => 'XMLHttpRequest'],
]);

function ask($http, string $method, string $path, array $options = []): array
{
    $response = $http->request($method, "/api/v1/$path", $options);
    $body = (string) $response->getBody();
    printf("%s %s: %d %s\n", $method, $path, $response->getStatusCode(), substr(preg_replace('/\s+/', ' ', $body), 0, 160));
    return json_decode($body, true) ?? [];
}

$made = ask($http, 'POST', 'clients', ['query' => ['include' => 'activities'], 'form_params' => [
    'name' => "Ümlaut & Söhne + Co",
    'country_id' => 276,
    'is_tax_exempt' => true,
    'settings' => ['currency_id' => '3', 'send_reminders' => false],
    'contacts' => [
        ['first_name' => 'Änne', 'last_name' => "O'Neil", 'email' => 'aenne@soehne.example', 'send_email' => false],
        ['first_name' => 'Bo', 'email' => 'bo@soehne.example', 'is_primary' => true, 'password' => 'Passw0rd'],
    ],
]])['data'];
$id = $made['id'];

ask($http, 'GET', 'clients', ['query' => ['balance' => '0:gt', 'status' => 'active,archived', 'sort' => 'name|desc', 'per_page' => 5]]);
ask($http, 'GET', "clients/$id", ['query' => []]);
ask($http, 'PUT', "clients/$id", ['form_params' => ['name' => 'A new client name updated']]);

// The whole object, changed in one place and sent back: empty lists and nulls are lost on the way.
$whole = ask($http, 'GET', "clients/$id")['data'];
$whole['public_notes'] = "Two lines\nof notes";
$whole['contacts'][1]['phone'] = '+49 30 1234567';
ask($http, 'PUT', "clients/$id", ['form_params' => $whole]);

ask($http, 'POST', 'clients/bulk', ['form_params' => ['action' => 'archive', 'ids' => [$id]]]);
ask($http, 'POST', 'clients/bulk', ['form_params' => ['action' => 'restore', 'ids' => [$id]]]);
ask($http, 'POST', "clients/$id/upload", ['multipart' => [
    ['name' => '_method', 'contents' => 'PUT'],
    ['name' => 'is_public', 'contents' => '0'],
    ['name' => 'documents[]', 'contents' => "Minutes of the meeting.\n", 'filename' => 'minutes.txt'],
    ['name' => 'documents[]', 'contents' => "a,b\n1,2\n", 'filename' => 'Übersicht.csv'],
]]);
ask($http, 'POST', 'clients/bulk', ['form_params' => ['action' => 'delete', 'ids' => [$id]]]);
ask($http, 'GET', 'statics', ['query' => []]);
