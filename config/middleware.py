def request_log(get_response):
    return get_response


class ContentSecurityPolicy:
    def __init__(self, g):
        self.g = g

    def __call__(self, r):
        return self.g(r)
