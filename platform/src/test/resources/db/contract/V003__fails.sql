create table half_made (id bigint not null primary key);
insert into no_such_table (id) values (1);
