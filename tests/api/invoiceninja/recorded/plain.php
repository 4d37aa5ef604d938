<?php
// PHP without any library, as in many scripts: a stream context, http_build_query, 1 and 0.
function ask(string $method, string $path, ?array $sent = null): array
{
    $context = stream_context_create(['http' => [
        'method' => $method,
        'header' => "X-API-TOKEN: " . getenv('TOKEN') . "\r\nContent-Type: application/x-www-form-urlencoded",
        'content' => $sent === null ? '' : http_build_query($sent),
        'ignore_errors' => true,
    ]]);
    $body = file_get_contents(getenv('FOYER') . "/api/v1/$path", false, $context);
    printf("%s %s: %s %s\n", $method, $path, $http_response_header[0], substr(preg_replace('/\s+/', ' ', $body), 0, 160));
    return json_decode($body, true) ?? [];
}

$id = ask('POST', 'clients', ['name' => 'Plain & Simple', 'contacts' => [['email' => 'pia@plain.example', 'send_email' => true]]])['data']['id'];
ask('POST', "clients/$id", ['_method' => 'PUT', 'name' => 'Plainer', 'contacts' => ['first_name' => 'Pia', 'email' => 'pia@plain.example']]);
ask('POST', "clients/$id", ['_method' => 'DELETE']);
