def answer_before_hosts(get_response):
    return get_response
