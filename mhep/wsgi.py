"""What the web server calls."""

import os

from django.core.wsgi import get_wsgi_application

from mhep.patience import this_is

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mhep.settings.prod")
this_is("web")

application = get_wsgi_application()
