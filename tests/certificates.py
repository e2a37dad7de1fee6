"""Certificates of a private authority, made by openssl in a folder."""

import subprocess

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    """`certificate` is its own; issue() makes those of others."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name
        self.certificate = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        openssl("req", "-x509", *CURVE, "-keyout", self.key, "-out", self.certificate, "-days", 2,
                "-subj", f"/CN=authority {name}")

    def issue(self, name, names="IP:127.0.0.1", days=2):
        """(certificate, key) for `names`; with `days` -1 it has expired."""
        certificate, key, asked, more = (
            self.folder / f"{self.name}-{name}.{ending}" for ending in ("pem", "key", "csr", "ext"))
        openssl("req", *CURVE, "-keyout", key, "-out", asked, "-subj", f"/CN={name}")
        more.write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", asked, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", days, "-extfile", more, "-out", certificate)
        return certificate, key
