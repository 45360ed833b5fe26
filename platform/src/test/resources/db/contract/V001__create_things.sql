-- One column of each kind.
create table things (
    id bigint not null primary key,
    number integer,
    value ${double},
    name ${text},
    content ${bytes}
);

create table named_things (
    id ${identity},
    name ${text} not null
);
create unique index named_things_name on named_things (name);
