package io.millwright.governance.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.millwright.governance.AccessService;
import io.millwright.governance.AccessSlice;
import io.millwright.governance.ApiToken;
import io.millwright.governance.EventBudget;
import io.millwright.governance.ExternalIdentity;
import io.millwright.governance.Grant;
import io.millwright.governance.Role;
import io.millwright.governance.SignInService;
import io.millwright.governance.Subject;
import io.millwright.governance.Subject.Kind;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.Together;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What signing in at an identity provider promises on every database, against a provider that lies.
abstract class OidcContract {
    private static final String HERE = "192.0.2.7";
    private static final String BROWSER = "b".repeat(43);
    private static final String CALLBACK = "http://127.0.0.1:8484/auth/oidc/callback";
    private static final Grant.Place EVERYWHERE = new Grant.Place("*", "workspace:*");

    private static RSAKey key;
    private static RSAKey otherKey;
    private static ECKey curveKey;

    @TempDir
    Path home;

    private final FakeClock clock = new FakeClock();
    private final AtomicLong nanos = new AtomicLong(1);
    private final ForgingProvider provider = new ForgingProvider();
    private final List<ProviderHttp> open = new ArrayList<>();
    private Db db;
    private Ledger ledger;
    private AccessSlice slice;
    private AccessService access;
    private LoginService logins;

    abstract Db open(Path home);

    @BeforeAll
    static void makeKeys() throws JOSEException {
        key = new RSAKeyGenerator(2048).keyID("one").generate();
        otherKey = new RSAKeyGenerator(2048).keyID("two").generate();
        curveKey = new ECKeyGenerator(Curve.P_256).keyID("curve").generate();
    }

    @BeforeEach
    void wire() {
        db = open(home);
        new Migrator(db)
                .migrate(Stream.of(Ledger.MIGRATIONS, AccessSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        ledger = new Ledger(db, clock, new Ids(new Random(7)));
        slice = AccessSlice.wire(db, ledger, clock, nanos::get, new SecureRandom());
        access = slice.service();
        provider.publish(key);
        logins = logins(settings("secret", ""), Duration.ofSeconds(30));
    }

    @AfterEach
    void close() {
        open.forEach(ProviderHttp::close);
        provider.close();
        slice.close();
        ledger.close();
        db.close();
    }

    private OidcSettings settings(String secret, String groupsClaim) {
        return new OidcSettings(
                provider.issuer(),
                "mill wright",
                secret,
                List.of("openid", "email"),
                "",
                "preferred_username",
                groupsClaim,
                Duration.ofHours(12));
    }

    private LoginService logins(OidcSettings settings, Duration patience) {
        ProviderHttp http = new ProviderHttp(patience);
        open.add(http);
        Provider asked = new Provider(settings, http, slice.signIns()::now, nanos::get);
        return new LoginService(
                settings, db, slice, asked, new Secrets(new SecureRandom()), new EventBudget(nanos::get));
    }

    @Test
    void whoever_the_provider_vouches_for_is_let_in_without_any_right() {
        LoginService.Finished finished = login(claims -> claims.claim("preferred_username", "ann"));

        assertThat(finished.returnTo()).isEqualTo("/runs?x=1");
        SignInService.SignedIn who = signIn(finished.token());
        assertThat(who.principal()).isEqualTo(new Principal("ann"));
        for (Right right : Right.values()) {
            assertThat(who.access().allowsSomewhere(right, "default"))
                    .as(right.name())
                    .isFalse();
        }
        assertThat(session("ann").expiresAt()).isEqualTo(clock.instant().plus(Duration.ofHours(12)));
        assertThat(events("user.created")).hasSize(1);
        assertThat(events("sign-in.succeeded").getFirst())
                .contains("ann", "r1", HERE, provider.issuer())
                .doesNotContain(finished.token());

        clock.move(Duration.ofHours(12));
        assertThat(refusal(() -> signIn(finished.token())).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void the_provider_is_asked_as_the_protocol_has_it() {
        Begun begun = begin();

        assertThat(begun.page).startsWith(provider.issuer() + "/authorize?tenant=1&");
        assertThat(begun.query)
                .containsEntry("response_type", "code")
                .containsEntry("client_id", "mill wright")
                .containsEntry("redirect_uri", CALLBACK)
                .containsEntry("scope", "openid email")
                .containsEntry("code_challenge_method", "S256");

        finish(begun, token(claims -> claims, begun));

        assertThat(provider.form())
                .containsOnlyKeys("grant_type", "code", "redirect_uri", "code_verifier")
                .containsEntry("grant_type", "authorization_code")
                .containsEntry("code", "the code")
                .containsEntry("redirect_uri", CALLBACK);
        assertThat(Secrets.digest(provider.form().get("code_verifier"))).isEqualTo(begun.query.get("code_challenge"));
        // "mill+wright:secret"
        assertThat(provider.authorization()).isEqualTo("Basic bWlsbCt3cmlnaHQ6c2VjcmV0");
    }

    @Test
    void a_client_without_a_secret_or_with_one_in_the_body_is_possible() {
        logins = logins(settings("", ""), Duration.ofSeconds(30));
        login(claims -> claims);
        assertThat(provider.form()).containsEntry("client_id", "mill wright").doesNotContainKey("client_secret");
        assertThat(provider.authorization()).isEqualTo("null");

        provider.discovery(provider.usualDiscovery()
                .replaceFirst("}$", ", \"token_endpoint_auth_methods_supported\": [\"client_secret_post\"]}"));
        logins = logins(settings("secret", ""), Duration.ofSeconds(30));
        login(claims -> claims);
        assertThat(provider.form()).containsEntry("client_id", "mill wright").containsEntry("client_secret", "secret");
        assertThat(provider.authorization()).isEqualTo("null");
    }

    /// ID tokens that must not be accepted.
    enum Forgery {
        SIGNED_WITH_ANOTHER_KEY("no key of the provider") {
            @Override
            String token(JWTClaimsSet claims) throws Exception {
                RSAKey renamed =
                        new RSAKey.Builder(otherKey).keyID(key.getKeyID()).build();
                return sign(JWSAlgorithm.RS256, renamed, claims);
            }
        },
        SIGNED_WITH_A_KEY_THAT_IT_BRINGS_ITSELF("no key of the provider") {
            @Override
            String token(JWTClaimsSet claims) throws Exception {
                var header = new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .jwk(otherKey.toPublicJWK())
                        .build();
                return sign(header, otherKey, claims);
            }
        },
        CHANGED_AFTER_SIGNING("no key of the provider") {
            @Override
            String token(JWTClaimsSet claims) throws Exception {
                String[] good = sign(JWSAlgorithm.RS256, key, claims).split("\\.");
                String[] other = sign(JWSAlgorithm.RS256, key, with(claims, "sub", "root"))
                        .split("\\.");
                return good[0] + "." + other[1] + "." + good[2];
            }
        },
        NOT_SIGNED("alg is none") {
            @Override
            String token(JWTClaimsSet claims) {
                return new PlainJWT(claims).serialize();
            }
        },
        SIGNED_WITH_THE_PUBLIC_KEY_AS_A_SECRET("alg is HS256") {
            @Override
            String token(JWTClaimsSet claims) throws Exception {
                var jwt = new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.HS256)
                                .keyID(key.getKeyID())
                                .build(),
                        claims);
                jwt.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
                return jwt.serialize();
            }
        },
        SIGNED_WITH_THE_CLIENTS_SECRET("alg is HS256") {
            @Override
            String token(JWTClaimsSet claims) throws Exception {
                var jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
                jwt.sign(new MACSigner("secret".repeat(6)));
                return jwt.serialize();
            }
        },
        OF_ANOTHER_ISSUER("another issuer's", "iss", "http://127.0.0.1:1"),
        OF_NO_ISSUER("another issuer's", "iss", null),
        FOR_ANOTHER_CLIENT("aud is not", "aud", List.of("another")),
        FOR_NOBODY("aud is not", "aud", null),
        FOR_SEVERAL_WITHOUT_AZP("no azp", "aud", List.of("mill wright", "another")),
        FOR_SEVERAL_AND_ANOTHER_AZP("azp is not", "aud", List.of("mill wright", "another")) {
            @Override
            String token(JWTClaimsSet claims) throws Exception {
                return super.token(with(claims, "azp", "another"));
            }
        },
        WITH_ANOTHER_AZP("azp is not", "azp", "another"),
        WITH_AN_AZP_THAT_IS_NO_TEXT("azp is not", "azp", List.of("mill wright")),
        EXPIRED("has expired", "exp", new Date(NOW - 61_000)),
        WITHOUT_AN_EXPIRY("has expired", "exp", null),
        OF_THE_FUTURE("in the future", "iat", new Date(NOW + 62_000)),
        OF_NO_TIME("in the future", "iat", null),
        NOT_YET_VALID("does not count yet", "nbf", new Date(NOW + 62_000)),
        OF_ANOTHER_LOGIN("another login's", "nonce", "n".repeat(43)),
        OF_NO_LOGIN("another login's", "nonce", null),
        OF_NOBODY("sub is not", "sub", null),
        OF_AN_EMPTY_SUBJECT("sub is not", "sub", ""),
        OF_AN_ENDLESS_SUBJECT("sub is not", "sub", "s".repeat(256)),
        NO_TOKEN("no JWT") {
            @Override
            String token(JWTClaimsSet claims) {
                return "a.b.c";
            }
        },
        OF_CLAIMS_THAT_ARE_NO_JSON("no JWT") {
            @Override
            String token(JWTClaimsSet claims) throws Exception {
                var object = new com.nimbusds.jose.JWSObject(
                        new JWSHeader.Builder(JWSAlgorithm.RS256)
                                .keyID(key.getKeyID())
                                .build(),
                        new com.nimbusds.jose.Payload("[[[[[["));
                object.sign(new DefaultJWSSignerFactory().createJWSSigner(key, JWSAlgorithm.RS256));
                return object.serialize();
            }
        };

        private final String why;
        private final @Nullable String claim;
        private final @Nullable Object value;

        Forgery(String why) {
            this(why, null, null);
        }

        Forgery(String why, @Nullable String claim, @Nullable Object value) {
            this.why = why;
            this.claim = claim;
            this.value = value;
        }

        String token(JWTClaimsSet claims) throws Exception {
            return sign(JWSAlgorithm.RS256, key, claim == null ? claims : with(claims, claim, value));
        }
    }

    /// Where a [FakeClock] begins.
    private static final long NOW = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

    @ParameterizedTest
    @EnumSource
    void a_forged_id_token_lets_nobody_in(Forgery forgery) throws Exception {
        Begun begun = begin();
        String token = forgery.token(claims(begun).build());

        Failure refusal = refusal(() -> finish(begun, token));

        assertThat(refusal.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(refusal.message()).contains(forgery.why).doesNotContain(token);
        assertThat(access.accounts(Kind.USER, 0, 10)).isEmpty();
        assertThat(events("sign-in.failed")).hasSize(1).first().asString().contains(HERE, "r1", forgery.why);
    }

    @Test
    void each_family_of_asymmetric_signatures_is_accepted() throws Exception {
        provider.publish(key, curveKey);
        for (JWSAlgorithm algorithm :
                List.of(JWSAlgorithm.RS256, JWSAlgorithm.RS512, JWSAlgorithm.PS256, JWSAlgorithm.ES256)) {
            Begun begun = begin();
            JWK signing = algorithm.equals(JWSAlgorithm.ES256) ? curveKey : key;

            assertThat(finish(begun, sign(algorithm, signing, claims(begun).build()))
                            .token())
                    .isNotEmpty();
        }
    }

    @Test
    void several_audiences_with_our_azp_and_a_clock_nearly_a_minute_off_are_accepted() {
        login(claims -> claims.audience(List.of("another", "mill wright")).claim("azp", "mill wright"));
        login(claims -> claims.expirationTime(new Date(NOW - 59_000)));
        login(claims -> claims.issueTime(new Date(NOW + 59_000)).notBeforeTime(new Date(NOW + 59_000)));

        assertThat(events("sign-in.succeeded")).hasSize(3);
    }

    @Test
    void a_new_key_is_fetched_once_and_unknown_ones_do_not_make_us_ask_again_and_again() throws Exception {
        login(claims -> claims);
        assertThat(provider.keyRequests()).isEqualTo(1);
        provider.publish(otherKey);

        for (int i = 0; i < 5; i++) {
            Begun begun = begin();
            String token = sign(JWSAlgorithm.RS256, otherKey, claims(begun).build());
            assertThat(refusal(() -> finish(begun, token)).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        }
        assertThat(provider.keyRequests()).isEqualTo(1);

        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        Begun begun = begin();
        finish(begun, sign(JWSAlgorithm.RS256, otherKey, claims(begun).build()));
        assertThat(provider.keyRequests()).isEqualTo(2);
    }

    @Test
    void a_key_that_was_withdrawn_ends_after_minutes() {
        login(claims -> claims);
        provider.publish(otherKey);
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());

        assertThat(refusal(() -> login(claims -> claims)).message()).contains("no key of the provider");
    }

    @Test
    void a_login_ends_once_in_its_own_browser_and_in_time() {
        Begun used = begin();
        finish(used, token(claims -> claims, used));
        Begun others = begin();
        Begun late = begin();
        String inTime = token(claims -> claims, late);

        assertThat(refusal(() -> finish(used, token(claims -> claims, used))).code())
                .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(refusal(() -> answer("c".repeat(43), others.state(), "code", "", null))
                        .code())
                .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(refusal(() -> finish(others, token(claims -> claims, others)))
                        .message())
                .contains("No such login", "/auth/oidc/login");
        assertThat(refusal(() -> answer("s".repeat(43), "code", "", null)).code())
                .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        clock.move(LoginService.PATIENCE);
        begin();
        clock.move(LoginService.PATIENCE.negated());
        assertThat(refusal(() -> finish(late, inTime)).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(events("sign-in.succeeded")).hasSize(1);
        assertThat(events("sign-in.failed")).hasSize(5);
    }

    @Test
    void of_answers_that_come_at_once_one_counts() throws Exception {
        Begun begun = begin();
        provider.answer(200, answerWith(token(claims -> claims, begun)));

        List<Boolean> letIn = Together.run(6, i -> () -> {
            try {
                answer(begun.state(), "the code", "", null);
                return true;
            } catch (Failure refused) {
                assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
                return false;
            }
        });

        assertThat(letIn).containsOnlyOnce(true);
        assertThat(access.tokens("subject")).hasSize(1);
    }

    @Test
    void somebody_who_comes_for_the_first_time_twice_at_once_becomes_one_user() throws Exception {
        ExternalIdentity ann = new ExternalIdentity(provider.issuer(), "1", "ann", null);

        List<String> names = Together.run(6, i -> () -> {
            Instant expiry = clock.instant().plusSeconds(60);
            String token = context().call(() -> access.signIn(ann, expiry)).text();
            return signIn(token).principal().name();
        });

        assertThat(names).containsOnly("ann");
        assertThat(access.accounts(Kind.USER, 0, 10)).hasSize(1);
    }

    @Test
    void what_the_provider_says_instead_of_a_code_is_told_on_one_line() {
        Begun begun = begin();

        Failure refusal = refusal(() -> answer(begun.state(), "", "access_denied: no\r\nentry", null));

        assertThat(refusal.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(refusal.message()).contains("access_denied: no??entry");
        assertThat(refusal(() -> answer(begun.state(), "code", "", null)).code())
                .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }

    @Test
    void the_answer_of_another_provider_is_not_taken() {
        Begun begun = begin();
        provider.answer(200, answerWith(token(claims -> claims, begun)));

        assertThat(refusal(() -> answer(begun.state(), "code", "", "https://evil.example"))
                        .message())
                .contains("https://evil.example");

        Begun again = begin();
        provider.answer(200, answerWith(token(claims -> claims, again)));
        answer(again.state(), "code", "", provider.issuer());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400 | {\"error\": \"invalid_grant\"} | UNAUTHENTICATED | invalid_grant",
                "401 | {\"error\": \"invalid_client\"} | UNAVAILABLE | oidc.client-secret",
                "400 | {\"error\": \"strange\"} | UNAVAILABLE | answered 400: strange",
                "500 | <html> | UNAVAILABLE | answered 500 without a JSON object",
                "200 | [] | UNAVAILABLE | without a JSON object",
                "200 | {} | UNAVAILABLE | no id_token",
                "302 | {} | UNAVAILABLE | answered 302",
            })
    void an_answer_of_the_provider_that_helps_nobody_is_told(int status, String body, ErrorCode code, String why) {
        Begun begun = begin();
        provider.answer(status, body);

        Failure refusal = refusal(() -> answer(begun.state(), "code", "", null));

        assertThat(refusal.code()).isEqualTo(code);
        assertThat(refusal.message()).contains(why).doesNotContain("secret\"");
        assertThat(provider.keyRequests()).isZero();
    }

    @Test
    void an_answer_may_not_be_endless() {
        Begun begun = begin();
        provider.answer(200, "{\"id_token\": \"" + "x".repeat(300_000) + "\"}");

        assertThat(refusal(() -> answer(begun.state(), "code", "", null)).code())
                .isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void a_provider_that_does_not_answer_or_is_not_there_is_told() {
        logins = logins(settings("secret", ""), Duration.ofSeconds(3));
        Begun begun = begin();
        provider.fallSilent();
        assertThat(refusal(() -> answer(begun.state(), "code", "", null)).message())
                .contains("did not answer");

        provider.close();
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        Failure away = refusal(this::begin);
        assertThat(away.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(away.message()).contains(provider.issuer());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "127.0.0.1 | localhost | calls itself",
                "/token | /to ken | token_endpoint",
                "http://127.0.0.1:PORT/token | http://provider.example/token | token_endpoint",
                "jwks_uri | keys | jwks_uri",
                "http://127.0.0.1:PORT/authorize | javascript://x/ | authorization_endpoint",
                "{ | [ | without a JSON object",
            })
    void a_discovery_document_that_leads_astray_is_refused(String part, String instead, String why) {
        String port = provider.issuer().substring("http://127.0.0.1:".length());
        provider.discovery(provider.usualDiscovery().replace(part.replace("PORT", port), instead));

        Failure refusal = refusal(this::begin);

        assertThat(refusal.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(refusal.message()).contains(why);
    }

    @Test
    void a_user_is_known_by_the_subject_and_named_once() {
        assertThat(userOf(claims -> claims.claim("preferred_username", "ann"))).isEqualTo("ann");
        assertThat(userOf(claims -> claims.claim("preferred_username", "ann smith")))
                .isEqualTo("ann");
        assertThat(userOf(claims -> claims.subject("2").claim("email", "bob@example.org")))
                .isEqualTo("bob@example.org");
        assertThat(userOf(claims -> claims.subject("3")
                        .claim("preferred_username", List.of("x"))
                        .claim("email", " ")))
                .isEqualTo("3");
        assertThat(userOf(claims -> claims.subject("4").claim("preferred_username", "@Zoë/ops")))
                .isEqualTo("_@Zo__ops");
        assertThat(userOf(claims -> claims.subject("5").claim("preferred_username", "李明")))
                .isEqualTo("user");
        assertThat(userOf(claims -> claims.subject("6").claim("preferred_username", "n".repeat(500))))
                .isEqualTo("n".repeat(100));
    }

    @Test
    void nobody_becomes_a_user_that_was_made_otherwise() {
        access.firstAdministrator();
        access.create(Kind.USER, "ann", "correct horse");
        access.create(Kind.SERVICE_ACCOUNT, "ci", null);

        int subject = 0;
        for (String name : List.of("ann", "ci", "admin", "local", "system")) {
            String id = "s" + subject++;
            assertThat(userOf(claims ->
                            claims.subject(id).claim("preferred_username", name).claim("email", name)))
                    .matches(name + "-[0-9a-f]{8}");
        }
        ExternalIdentity elsewhere = new ExternalIdentity("https://other.example", "s0", "ann", null);
        assertThat(signIn(context()
                                .call(() ->
                                        access.signIn(elsewhere, clock.instant().plusSeconds(60)))
                                .text())
                        .principal()
                        .name())
                .matches("ann-[0-9a-f]{8}");
        assertThat(access.accounts(Kind.USER, 0, 100)).hasSize(8);
    }

    @Test
    void the_first_administrators_name_goes_to_nobody_even_when_it_is_free() {
        access.create(Kind.USER, "boss", null);
        access.grant(new Subject(Kind.USER, "boss"), EVERYWHERE, new Grant.Rule.Allow(Role.ADMIN));

        assertThat(userOf(claims -> claims.claim("preferred_username", "admin")))
                .startsWith("admin-");
    }

    @Test
    void a_deleted_user_comes_back_as_a_new_one() {
        access.firstAdministrator();
        String token =
                login(claims -> claims.claim("preferred_username", "ann")).token();
        access.grant(
                new Subject(Kind.USER, "ann"),
                new Grant.Place("default", "workspace:default"),
                new Grant.Rule.Allow(Role.VIEWER));
        assertThat(signIn(token).access().allowsSomewhere(Right.READ, "default"))
                .isTrue();

        access.delete("ann");

        assertThat(refusal(() -> signIn(token)).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        String again =
                login(claims -> claims.claim("preferred_username", "ann")).token();
        assertThat(signIn(again).access().allowsSomewhere(Right.READ, "default"))
                .isFalse();
    }

    @Test
    void whoever_signs_in_at_the_provider_has_no_password() {
        login(claims -> claims.claim("preferred_username", "ann"));

        assertThat(refusal(() -> access.setPassword("ann", "correct horse", null))
                        .code())
                .isEqualTo(ErrorCode.WRONG_STATE);
    }

    @Test
    void a_session_ends_when_it_is_told_to_or_when_there_are_too_many() {
        List<String> tokens = new ArrayList<>();
        for (int i = 0; i < 21; i++) tokens.add(login(claims -> claims).token());

        assertThat(refusal(() -> signIn(tokens.getFirst())).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(signIn(tokens.get(1)).principal().name()).isEqualTo("subject");
        assertThat(context().<Boolean, RuntimeException>call(() -> access.endSession(tokens.get(1))))
                .isTrue();
        assertThat(refusal(() -> signIn(tokens.get(1))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(access.endSession(tokens.get(1))).isFalse();
        assertThat(access.endSession("mw_" + "x".repeat(43))).isFalse();
        assertThat(events("token.revoked")).hasSize(2).allMatch(event -> event.contains("subject"));
    }

    @Test
    void groups_follow_the_provider_where_it_was_asked_to_decide() {
        for (String group : List.of("team", "ops", "ours")) access.createGroup(group, "");
        userOf(claims -> claims.claim("groups", List.of("team")));
        assertThat(groups()).isEmpty();

        logins = logins(settings("secret", "groups"), Duration.ofSeconds(30));
        login(claims -> claims.claim("groups", List.of("team", "ops", "nowhere")));
        access.addMember("ours", "subject");
        assertThat(groups()).containsExactlyInAnyOrder("team", "ops", "ours");

        login(claims -> claims.claim("groups", "team"));
        assertThat(groups()).containsExactlyInAnyOrder("team", "ours");

        login(claims -> claims);
        assertThat(groups()).containsExactly("ours");
        assertThat(events("group.member-added")).hasSize(3);
        assertThat(events("group.member-removed")).hasSize(2);
    }

    @Test
    void logins_that_begin_are_bounded() {
        for (int i = 0; i < EventBudget.PER_MINUTE; i++) begin();
        assertThat(refusal(this::begin).code()).isEqualTo(ErrorCode.BUSY);
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        begin();

        LoginStore store = new LoginStore();
        db.tx(sql -> {
            store.keepNewest(sql, 3);
            return 0;
        });
        assertThat(stored()).isEqualTo(3);
        clock.move(LoginService.PATIENCE);
        begin();
        assertThat(stored()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"state", "browser"})
    void what_is_stored_of_a_login_does_not_let_anybody_end_it(String column) {
        Begun begun = begin();

        String kept = db.read(sql -> sql.query("select " + column + " from access_logins", row -> row.getString(1)))
                .getFirst();

        assertThat(kept).isNotEqualTo(begun.state()).isNotEqualTo(BROWSER).hasSize(43);
    }

    private long stored() {
        return db.read(sql -> sql.query("select count(*) from access_logins", row -> row.getLong(1)))
                .getFirst();
    }

    private Set<String> groups() {
        return access.groupsOf("subject").stream().map(group -> group.name()).collect(Collectors.toSet());
    }

    /// A login that began, as the browser is sent on.
    private record Begun(String page, Map<String, String> query) {
        String state() {
            return query.get("state");
        }
    }

    private Begun begin() {
        URI page = context().call(() -> logins.begin(BROWSER, CALLBACK, "/runs?x=1"));
        Map<String, String> query = Arrays.stream(page.getRawQuery().split("&"))
                .map(field -> field.split("=", 2))
                .collect(Collectors.toMap(
                        field -> field[0], field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8)));
        return new Begun(page.toString(), query);
    }

    private LoginService.Finished login(UnaryOperator<JWTClaimsSet.Builder> change) {
        Begun begun = begin();
        return finish(begun, token(change, begun));
    }

    private String userOf(UnaryOperator<JWTClaimsSet.Builder> change) {
        return signIn(login(change).token()).principal().name();
    }

    private String token(UnaryOperator<JWTClaimsSet.Builder> change, Begun begun) {
        return sign(JWSAlgorithm.RS256, key, change.apply(claims(begun)).build());
    }

    private JWTClaimsSet.Builder claims(Begun begun) {
        return new JWTClaimsSet.Builder()
                .issuer(provider.issuer())
                .subject("subject")
                .audience("mill wright")
                .issueTime(Date.from(clock.instant()))
                .expirationTime(Date.from(clock.instant().plusSeconds(300)))
                .claim("nonce", begun.query.get("nonce"));
    }

    private LoginService.Finished finish(Begun begun, String idToken) {
        provider.answer(200, answerWith(idToken));
        return answer(begun.state(), "the code", "", null);
    }

    private static String answerWith(String idToken) {
        return "{\"access_token\": \"a\", \"token_type\": \"Bearer\", \"id_token\": \"" + idToken + "\"}";
    }

    private LoginService.Finished answer(String state, String code, String error, @Nullable String issuer) {
        return answer(BROWSER, state, code, error, issuer);
    }

    private LoginService.Finished answer(
            String browser, String state, String code, String error, @Nullable String issuer) {
        return context().call(() -> logins.finish(new LoginService.Answer(state, browser, code, error, issuer)));
    }

    private static String sign(JWSAlgorithm algorithm, JWK signing, JWTClaimsSet claims) {
        return sign(new JWSHeader.Builder(algorithm).keyID(signing.getKeyID()).build(), signing, claims);
    }

    private static String sign(JWSHeader header, JWK signing, JWTClaimsSet claims) {
        try {
            SignedJWT jwt = new SignedJWT(header, claims);
            jwt.sign(new DefaultJWSSignerFactory().createJWSSigner(signing, header.getAlgorithm()));
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JWTClaimsSet with(JWTClaimsSet claims, String name, @Nullable Object value) {
        return new JWTClaimsSet.Builder(claims).claim(name, value).build();
    }

    private SignInService.SignedIn signIn(String token) {
        return context().call(() -> slice.signIns().signIn("Bearer " + token, HERE));
    }

    private ApiToken session(String user) {
        return access.tokens(user).getFirst();
    }

    private static RequestContext context() {
        return new RequestContext(
                "r1", new Principal("anonymous"), "default", (right, workspace, entity, parents) -> false, HERE);
    }

    private static Failure refusal(ThrowingCallable call) {
        List<Failure> failures = new ArrayList<>();
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failures::add);
        return failures.getFirst();
    }

    private List<String> events(String type) {
        return db.read(sql -> sql.query(
                "select actor, request_id, entity, payload from ledger_events where type = ? order by seq",
                row -> String.join(" ", row.getString(1), row.getString(2), row.getString(3), row.getString(4)),
                type));
    }
}
