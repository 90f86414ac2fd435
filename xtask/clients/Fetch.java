// java Fetch.java URL CAFILE [FILE]: fetches URL, or posts FILE to it; body to standard output, protocol to standard error.

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class Fetch {
    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(arguments[0]));
        if (arguments.length > 2) {
            request.POST(BodyPublishers.ofFile(Path.of(arguments[2])));
        }
        var client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(trusting(Path.of(arguments[1])))
                .connectTimeout(Duration.ofSeconds(10))
                .build();
        HttpResponse<InputStream> response = client.send(request.build(), BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            throw new IllegalStateException("status " + response.statusCode());
        }
        try (InputStream body = response.body()) {
            body.transferTo(System.out);
        }
        System.out.flush();
        System.err.println("protocol=" + (response.version() == HttpClient.Version.HTTP_2 ? "2" : "1.1"));
        // The client's threads would wait for more to do.
        System.exit(0);
    }

    /** A context that trusts the certificate in the file, and no other. */
    private static SSLContext trusting(Path path) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(path)) {
            store.setCertificateEntry("eyas", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
