package io.millwright.server;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/// The walls between the packages, as `style.md` §2 draws them.
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.millwright");

    @Test
    void a_package_touches_only_what_stands_below_it() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("kernel")
                .definedBy("io.millwright.kernel..")
                .layer("http")
                .definedBy("io.millwright.http..")
                .layer("ledger")
                .definedBy("io.millwright.ledger..")
                .layer("lake")
                .definedBy("io.millwright.lake..")
                .layer("search")
                .definedBy("io.millwright.search..")
                .layer("tracking")
                .definedBy("io.millwright.tracking..")
                .layer("views")
                .definedBy("io.millwright.views..")
                .layer("lineage")
                .definedBy("io.millwright.lineage..")
                .layer("registry")
                .definedBy("io.millwright.registry..")
                .layer("runtime")
                .definedBy("io.millwright.runtime..")
                .layer("serving")
                .definedBy("io.millwright.serving..")
                .layer("governance")
                .definedBy("io.millwright.governance..")
                .layer("server")
                .definedBy("io.millwright.server..")
                .whereLayer("server")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("governance")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("views")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("lineage")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("serving")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("runtime")
                .mayOnlyBeAccessedByLayers("serving")
                .whereLayer("registry")
                .mayOnlyBeAccessedByLayers("serving", "server")
                .whereLayer("tracking")
                .mayOnlyBeAccessedByLayers("views", "lineage", "registry", "serving", "server")
                .whereLayer("search")
                .mayOnlyBeAccessedByLayers("tracking", "registry", "serving", "server")
                .whereLayer("lake")
                .mayOnlyBeAccessedByLayers("tracking", "lineage", "registry", "serving", "server")
                .whereLayer("ledger")
                .mayOnlyBeAccessedByLayers(
                        "lake", "tracking", "views", "lineage", "registry", "serving", "governance", "server")
                .whereLayer("http")
                .mayOnlyBeAccessedByLayers(
                        "lake", "search", "tracking", "views", "lineage", "registry", "serving", "governance", "server")
                .ensureAllClassesAreContainedInArchitectureIgnoring("io.millwright.none")
                .check(CLASSES);
    }

    @Test
    void there_are_no_cycles() {
        slices().matching("io.millwright.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    /// A …Search is the part of a store that plans a search into SQL, with its two helpers.
    @Test
    void only_stores_and_the_ledger_see_jooq() {
        noClasses()
                .that(not(resideInAPackage("io.millwright.ledger..")
                        .or(nameMatching(".*(Store|Search|search\\.Compare|search\\.SortKeys)(\\$.*)?"))))
                .should()
                .dependOnClassesThat(resideInAPackage("org.jooq.."))
                .check(CLASSES);
    }

    @Test
    void only_the_server_sees_the_http_library() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.millwright.server..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("com.linecorp..", "io.netty.."))
                .check(CLASSES);
    }

    @Test
    void a_service_sees_neither_http_nor_sql() {
        noClasses()
                .that()
                .haveSimpleNameEndingWith("Service")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.millwright.http..", "org.jooq..", "java.sql.."))
                .check(CLASSES);
    }

    @Test
    void stores_and_apis_stay_inside_their_domain() {
        classes().that(nameMatching(".*(Store|Api)")).should().notBePublic().check(CLASSES);
    }

    @Test
    void every_package_is_null_marked() {
        assertThat(CLASSES.stream()
                        .map(c -> c.getPackage())
                        .distinct()
                        .filter(p -> !p.isAnnotatedWith(NullMarked.class)))
                .extracting(JavaPackage::getName)
                .isEmpty();
    }
}
